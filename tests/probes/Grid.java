// A Swing window full of buttons, with a menu, a combo box, a text field and a modal dialog. What happens in it is a line
// each in the file that is named by the first argument.
import java.awt.BorderLayout;
import java.awt.Component;
import java.awt.GridLayout;
import java.awt.Rectangle;
import java.awt.event.ComponentAdapter;
import java.awt.event.ComponentEvent;
import java.io.IOException;
import java.io.PrintWriter;
import javax.swing.*;

public class Grid {
    private static PrintWriter log;
    private static final JFrame frame = new JFrame("grid");
    private static final JPanel grid = new JPanel(new GridLayout(3, 3));
    private static final JComboBox<String> combo = new JComboBox<>(new String[] {"red", "green", "blue"});
    private static final JTextField text = new JTextField();
    private static final JMenu menu = new JMenu("File");

    public static void main(String[] arguments) throws IOException {
        log = new PrintWriter(arguments[0], "UTF-8");
        // Menus that leave the window are windows of their own in X.
        JPopupMenu.setDefaultLightWeightPopupEnabled(false);
        SwingUtilities.invokeLater(Grid::show);
    }

    private static synchronized void say(String line) {
        log.println(line);
        log.flush();
    }

    private static void show() {
        for (String name : new String[] {"one", "two", "three"}) {
            menu.add(item(name, () -> say("menu " + name)));
        }
        menu.add(item("ask", Grid::ask));
        JMenuBar bar = new JMenuBar();
        bar.add(menu);
        frame.setJMenuBar(bar);
        combo.setLightWeightPopupEnabled(false);
        combo.addActionListener(event -> say("combo " + combo.getSelectedItem()));
        text.addActionListener(event -> say("text " + text.getText()));
        for (int n = 0; n < 9; n++) {
            int number = n;
            JButton button = new JButton("b" + n);
            button.addActionListener(event -> say("button " + number));
            grid.add(button);
        }
        // At the window's lower edge, so that it leaves the window and is one of its own.
        text.setToolTipText("tip");
        frame.add(combo, BorderLayout.NORTH);
        frame.add(grid, BorderLayout.CENTER);
        frame.add(text, BorderLayout.SOUTH);
        frame.addComponentListener(new ComponentAdapter() {
            @Override
            public void componentResized(ComponentEvent event) {
                // Once what lies in it has been laid out anew.
                SwingUtilities.invokeLater(Grid::measure);
            }
        });
        frame.setDefaultCloseOperation(WindowConstants.EXIT_ON_CLOSE);
        frame.setSize(500, 400);
        frame.setVisible(true);
    }

    private static JMenuItem item(String name, Runnable action) {
        JMenuItem item = new JMenuItem(name);
        item.addActionListener(event -> action.run());
        return item;
    }

    private static void ask() {
        JOptionPane.showMessageDialog(frame, "Really?");
        say("answered");
    }

    /** Says where everything is in the window, and at last how large that is. */
    private static void measure() {
        frame.validate();
        for (int n = 0; n < grid.getComponentCount(); n++) {
            place("button" + n, grid.getComponent(n));
        }
        place("menu", menu);
        place("combo", combo);
        place("text", text);
        place("content", frame.getContentPane());
        say("size " + frame.getWidth() + " " + frame.getHeight());
    }

    private static void place(String name, Component of) {
        Rectangle at = SwingUtilities.convertRectangle(of.getParent(), of.getBounds(), frame);
        say("at " + name + " " + at.x + " " + at.y + " " + at.width + " " + at.height);
    }
}
